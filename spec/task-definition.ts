import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { findingAt } from '../document/check.js';
import type { Reader } from '../document/reader.js';
import type { Finding } from '../model/finding.js';
import type { Json } from '../model/json.js';
import type { SealedTaskDefinition } from '../model/release.js';
import { whyMutable } from './image.js';
import { leavingOut } from './left-out.js';
import { OUTPUT_ONLY, taskDefinitionShape } from './task-definition-shape.js';

/** A RegisterTaskDefinition request: strings where the API has strings, nothing empty where it takes nothing empty. */
export type TaskDefinition = z.output<typeof taskDefinitionShape>;

/** An image for the container that the version is called after, or images by container name. */
export type ImageOverride = string | Readonly<Record<string, string>>;

/**
 * Reads a task definition file into the request that registers it (ecs-alb-facts §6). Fields that ECS only answers are left out with
 * a warning; fields that it does not know are errors.
 */
export function readTaskDefinition(reader: Reader): TaskDefinition | undefined {
  const answers = leavingOut(OUTPUT_ONLY);
  const definition = reader.read(taskDefinitionShape, reader.document.value, [], answers);
  if (answers.met.length > 0) {
    const message = `left out, since ECS answers with it and does not take it: ${answers.met.join(', ')}`;
    reader.warning(answers.met.slice(0, 1), message, 'Delete it.');
  }
  const names = definition?.containerDefinitions.map(({ name }) => name) ?? [];
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) === i) continue;
    reader.error(['containerDefinitions', i, 'name'], `a second container is named "${name}"`, 'Rename one of them.');
  }
  return definition;
}

/** The images that an override puts into a definition: container name → image. A plain image is for the container named here. */
export function imagesOf(override: ImageOverride | undefined, container: string | undefined): Record<string, string> {
  if (override === undefined) return {};
  if (typeof override !== 'string') return { ...override };
  return container === undefined ? {} : { [container]: override };
}

/** The container that a version is called after where no target group names one: the first essential one. */
export function mainContainer({ containerDefinitions }: TaskDefinition): string | undefined {
  return (containerDefinitions.find(({ essential }) => essential !== false) ?? containerDefinitions[0])?.name;
}

/**
 * Puts other images into a definition.
 * @returns the definition and the names in `images` that no container has.
 */
export function withImages(
  definition: TaskDefinition,
  images: Readonly<Record<string, string>>,
): { definition: TaskDefinition; unknown: string[] } {
  const names = definition.containerDefinitions.map(({ name }) => name);
  return {
    definition: {
      ...definition,
      containerDefinitions: definition.containerDefinitions.map((container) => {
        const image = Object.hasOwn(images, container.name) ? images[container.name] : undefined;
        return image === undefined ? container : { ...container, image };
      }),
    },
    unknown: Object.keys(images).filter((name) => !names.includes(name)),
  };
}

/** Warnings about images whose name does not say what will run. `images` are those that the caller put in. */
export function mutableImages(
  reader: Reader,
  written: TaskDefinition,
  images: Readonly<Record<string, string>>,
): Finding[] {
  return written.containerDefinitions.flatMap((container, i) => {
    const given = Object.hasOwn(images, container.name) ? images[container.name] : undefined;
    const image = given ?? container.image;
    const why = whyMutable(image);
    if (why === undefined) return [];
    const message = `${image} ${why}: what runs later may not be what was judged`;
    const fix = 'Name a version, or better a digest (@sha256:…).';
    if (given !== undefined) return [{ level: 'warning', field: 'image', message, fix }];
    return [findingAt(reader.document, ['containerDefinitions', i, 'image'], 'warning', message, fix)];
  });
}

/** The body of the RegisterTaskDefinition call. */
export function requestBody(definition: TaskDefinition): string {
  return JSON.stringify(definition);
}

/** Hex SHA-256 over what a revision is, tags apart: the same content is registered once (ecs-alb-facts §17). */
export function contentHash(definition: TaskDefinition): string {
  const content = JSON.parse(requestBody({ ...definition, tags: undefined })) as Json;
  return createHash('sha256').update(canonical(content)).digest('hex');
}

/** Seals a definition for its way through the workflows' histories. */
export function sealTaskDefinition(definition: TaskDefinition, seal: (plain: string) => string): SealedTaskDefinition {
  return {
    family: definition.family,
    content: contentHash(definition),
    images: Object.fromEntries(definition.containerDefinitions.map(({ name, image }) => [name, image])),
    sealed: seal(requestBody(definition)),
  };
}

/** JSON with the keys of each object in order, so that equal content is equal text. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}
