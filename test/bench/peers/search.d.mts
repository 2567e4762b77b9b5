export interface Recipe {
  readonly course: { readonly schedule: string; readonly epochs: number; readonly lr: number };
  readonly augment: boolean;
  readonly batch: number;
  readonly evaluations: number;
}
export const choices: { readonly [K in keyof Recipe]: readonly Recipe[K][] };
export function cheapestRecipe<R extends object>(
  choices: { readonly [K in keyof R]: readonly R[K][] },
  costOf: (recipe: R, best: number) => number | Promise<number>,
  turns?: number,
): Promise<{ readonly recipe: R; readonly cost: number }>;
export function recipeInWords(recipe: Recipe): string;
