import type { ApplicationDocument, DeploymentDocument } from '../../model/wire.js';
import { applicationWorkflowId, deploymentWorkflowId } from '../../model/workflow-id.js';
import { consoleLink } from './console-link.js';
import type { ApplicationState } from '../../workflows/messages.js';

/** Where people find things: base URLs without a trailing slash, and Temporal's namespace. */
export interface LinkBases {
  publicUrl: string;
  temporalUiUrl?: string;
  /** Regions of the ECS providers, by name; absent where another cloud than AWS is delivered to. */
  regions?: Readonly<Record<string, string>>;
  namespace: string;
}

/** Adds the links that only the api knows; the commit's link comes with the document. */
export function withDeploymentLinks(document: DeploymentDocument, bases: LinkBases): DeploymentDocument {
  return {
    ...document,
    links: {
      ...document.links,
      self: `${bases.publicUrl}/api/v1/deployments/${document.id}`,
      ...temporalLink(deploymentWorkflowId(document.id), bases),
      ...consoleLink(document.service, bases.regions),
    },
  };
}

/** The application as the wire shows it. */
export function applicationDocument(state: ApplicationState, bases: LinkBases): ApplicationDocument {
  const { app, labels, history, service, task, running, pending, held, renamed, formerly, lastGood } = state;
  return {
    app,
    state: state.state,
    labels,
    history,
    ...(service && { service }),
    ...(task && { task }),
    ...(running !== undefined && { running }),
    ...(pending !== undefined && { pending }),
    ...(held && { held }),
    ...(renamed && { renamed }),
    ...(formerly !== undefined && { formerly }),
    ...(lastGood && { lastGood }),
    links: {
      self: `${bases.publicUrl}/api/v1/applications/${app}`,
      ...temporalLink(applicationWorkflowId(app), bases),
      ...consoleLink(service, bases.regions),
    },
  };
}

function temporalLink(workflowId: string, bases: LinkBases): { temporal?: string } {
  if (bases.temporalUiUrl === undefined) return {};
  const namespace = encodeURIComponent(bases.namespace);
  return { temporal: `${bases.temporalUiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}` };
}
