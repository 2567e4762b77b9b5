// What a dashboard's panels ask, and the metrics in a PromQL expression. Knows dashboards as JSON, not how they were made.

export interface Asked {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  readonly datasource: string;
  readonly expressions: readonly string[];
}

export function asked(dashboard: unknown): Asked[] {
  const { panels } = JSON.parse(JSON.stringify(dashboard));
  // biome-ignore lint/suspicious/noExplicitAny: Grafana's JSON
  const flat = (list: any[]): any[] => list.flatMap((panel) => [panel, ...flat(panel.panels ?? [])]);
  return flat(panels)
    .filter(({ type }) => type !== 'row')
    .map(({ type, title, description, fieldConfig, datasource, targets }) => ({
      type,
      title: title ?? '',
      description: description ?? '',
      unit: fieldConfig?.defaults?.unit ?? '',
      datasource: datasource?.uid ?? '',
      expressions: (targets ?? []).map(({ expr }: { expr: string }) => expr),
    }));
}

const functions = /^(rate|increase|sum|by|time|histogram_quantile|last_over_time|max|min|avg|on|ignoring|group_left)$/;

export function metricNames(expression: string): string[] {
  const bare = expression.replaceAll(/\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)|"[^"]*"/g, ' ');
  return [...bare.matchAll(/[a-zA-Z_:][\w:]*/g)].map(([name]) => name).filter((name) => !functions.test(name));
}

/** A panel's expression as Grafana would send it. */
export function expanded(expression: string): string {
  return expression
    .replaceAll('$__rate_interval', '4s')
    .replaceAll('$__range', '30m')
    .replaceAll('"$instance"', '".*"');
}
