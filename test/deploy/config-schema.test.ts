// The schema of configuration files that is shipped is that of the option table. `npm run generate` writes it.

import { expect, test } from 'vitest';
import { configSchemaText } from '../../src/options/config-schema.ts';

test('config.schema.json is what the options make', async () => {
  await expect(configSchemaText()).toMatchFileSnapshot('../../deploy/config.schema.json');
});
