import { expect, it } from 'vitest';
import { serverSchema } from '../../config/described-server.js';
import { applicationSchema } from '../../spec/described-application.js';
import { fieldsPage } from './fields-page.js';

// `npm run docs` writes these files; here they are held against what the code makes.
const text = (schema: unknown): string => `${JSON.stringify(schema, null, 2)}\n`;

it('docs/schema/app.pipecd.schema.json is what the schemas of the code make', async () => {
  await expect(text(applicationSchema())).toMatchFileSnapshot('../../docs/schema/app.pipecd.schema.json');
});

it('docs/schema/sluice.schema.json is what the schemas of the code make', async () => {
  await expect(text(serverSchema())).toMatchFileSnapshot('../../docs/schema/sluice.schema.json');
});

it('docs/fields.md is what the schemas of the code make', async () => {
  await expect(fieldsPage()).toMatchFileSnapshot('../../docs/fields.md');
});
