import { readerOf } from '../document/reader.js';
import type { Finding } from '../model/finding.js';
import type { Audience } from '../model/notification.js';
import type { Trigger } from '../model/trigger.js';
import { readApplication } from './application.js';
import { readFile } from './files.js';
import { APP_NAME } from './http.js';
import { filesNamedBy } from './release-files.js';

/** What an application file says of itself, before the files it names are read. */
export interface ApplicationHead {
  app?: string;
  trigger?: Trigger;
  audience?: Audience;
  findings: Finding[];
}

/** Reads the application's name and what deploys it; a file in a repository must name its application. */
export function readApplicationHead(name: string, text: string): ApplicationHead {
  const findings: Finding[] = [];
  const document = readFile({ [name]: text }, name, findings);
  const reader = document && readerOf(document, findings);
  const application = reader && readApplication(reader);
  if (!application) {
    // What it is called can often be read where nothing else can: people look for it by that.
    const { app } = filesNamedBy(text);
    return { findings, ...(app !== undefined && APP_NAME.test(app) && { app }) };
  }
  const { trigger, spec, mentions } = application;
  const audience: Audience = { labels: spec.labels ?? {}, ...(mentions.length > 0 && { mentions }) };
  const app = spec.name;
  if (app === undefined || !APP_NAME.test(app)) {
    const message = app === undefined ? 'spec.name is missing' : `"${app}" cannot be the name of an application`;
    const fix = 'Write lower-case letters, digits and dashes, at most 63: the name is how people and Sluice call it.';
    reader.error(app === undefined ? ['spec'] : ['spec', 'name'], message, fix);
    return { trigger, audience, findings };
  }
  return { app, trigger, audience, findings };
}
