import { z } from 'zod';
import { invalidParameter } from '../aws/aws-error.js';
import { change, read } from '../aws/operation.js';
import type { Operations } from '../aws/operation.js';
import { parseJsonInput } from '../aws/parse.js';
import type { Cloud } from '../cloud/cloud.js';

/** Bounds of the API page Tag. */
const MAX_TAGS = 50;
const MAX_KEY = 128;
const MAX_VALUE = 256;
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export const tagsInput = z.array(z.object({ key: z.string().optional(), value: z.string().optional() })).optional();

/** Tags as they are kept. @throws AwsError InvalidParameterException for what AWS would not take */
export function checkedTags(given: z.infer<typeof tagsInput>): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const { key = '', value = '' } of given ?? []) {
    if (key === '' || key.length > MAX_KEY || !ALLOWED.test(key)) throw invalidParameter(`Invalid tag key '${key}'.`);
    if (/^aws:/i.test(key)) throw invalidParameter(`Tag keys starting with 'aws:' are reserved for internal use.`);
    if (value.length > MAX_VALUE || !ALLOWED.test(value)) throw invalidParameter(`Invalid value of tag '${key}'.`);
    if (key in tags) throw invalidParameter(`Duplicate tag keys found: '${key}'.`);
    tags[key] = value;
  }
  return tags;
}

/** Tags as ECS shows them. */
export function shownTags(tags: Record<string, string>): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

function tagsOf(cloud: Cloud, arn: string): Record<string, string> {
  const { services, taskSets, taskDefinitions } = cloud.state;
  const found = [...services, ...taskSets, ...taskDefinitions].find((resource) => resource.arn === arn);
  if (!found) throw invalidParameter(`The specified resource is not found: ${arn}`);
  return found.tags;
}

const resourceInput = z.object({ resourceArn: z.string() });

function listTags(cloud: Cloud, given: unknown): Record<string, unknown> {
  const { resourceArn } = parseJsonInput(resourceInput, given);
  return { tags: shownTags(tagsOf(cloud, resourceArn)) };
}

function tagResource(cloud: Cloud, given: unknown): Record<string, unknown> {
  const { resourceArn, tags: sent } = parseJsonInput(resourceInput.extend({ tags: tagsInput }), given);
  const tags = tagsOf(cloud, resourceArn);
  const added = checkedTags(sent);
  if (Object.keys({ ...tags, ...added }).length > MAX_TAGS)
    throw invalidParameter(`The maximum number of tags is ${MAX_TAGS}.`);
  Object.assign(tags, added);
  return {};
}

function untagResource(cloud: Cloud, given: unknown): Record<string, unknown> {
  const { resourceArn, tagKeys } = parseJsonInput(resourceInput.extend({ tagKeys: z.array(z.string()) }), given);
  const tags = tagsOf(cloud, resourceArn);
  for (const key of tagKeys) Reflect.deleteProperty(tags, key);
  return {};
}

/** ECS's operations on tags. */
export const tagOperations: Operations = {
  ListTagsForResource: read(listTags),
  TagResource: change(tagResource),
  UntagResource: change(untagResource),
};
