import { defineSearchAttributeKey } from '@temporalio/common';

/** The columns of Temporal's UI and the filters of every list. The worker registers them before it polls. */
export const SluiceApp = defineSearchAttributeKey('SluiceApp', 'KEYWORD');
export const SluiceStatus = defineSearchAttributeKey('SluiceStatus', 'KEYWORD');
export const SluiceStage = defineSearchAttributeKey('SluiceStage', 'KEYWORD');
export const SluiceCommit = defineSearchAttributeKey('SluiceCommit', 'KEYWORD');
export const SluiceTriggeredBy = defineSearchAttributeKey('SluiceTriggeredBy', 'KEYWORD');
export const SluiceLabels = defineSearchAttributeKey('SluiceLabels', 'KEYWORD_LIST');

export const SEARCH_ATTRIBUTES = [
  SluiceApp,
  SluiceStatus,
  SluiceStage,
  SluiceCommit,
  SluiceTriggeredBy,
  SluiceLabels,
] as const;
