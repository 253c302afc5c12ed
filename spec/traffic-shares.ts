import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';

/** The shares of ECS_TRAFFIC_ROUTING as the file gives them, percent. */
interface Written {
  primary: number | undefined;
  canary: number | undefined;
  baseline: number;
}

/**
 * What the canary gets: PipeCD's rule (pipecd.md §1.3), without what it guesses when the file contradicts itself or says nothing.
 * PipeCD has no baseline on ECS: where one gets some, the primary gets what the other two leave.
 */
export function canaryShare(reader: Reader, written: Written, path: Path): number | undefined {
  const { primary, canary, baseline } = written;
  if (baseline > 0) return shareBesideBaseline(reader, written, path);
  if (primary === undefined && canary === undefined) {
    const message = 'neither primary nor canary is given; PipeCD reads that as primary 100';
    reader.error(path, message, 'Write primary: 100, or canary: 20.');
    return undefined;
  }
  if (primary !== undefined && canary !== undefined && primary + canary !== 100) {
    const message = `primary ${primary} and canary ${canary} do not add up to 100`;
    reader.error([...path, 'primary'], message, `Write canary: ${canary} alone, or primary: ${primary} alone.`);
    return undefined;
  }
  if (primary === 0 && canary === undefined) {
    reader.error([...path, 'primary'], 'primary: 0 is read as primary 100 by PipeCD', 'Write canary: 100.');
    return undefined;
  }
  return canary ?? 100 - (primary ?? 100);
}

function shareBesideBaseline(reader: Reader, { primary, canary, baseline }: Written, path: Path): number | undefined {
  if (primary === undefined && canary === undefined) {
    const message = `baseline ${baseline} is given alone: what the canary gets is not said`;
    reader.error(path, message, `Write canary: ${Math.min(baseline, 100 - baseline)} too, for example.`);
    return undefined;
  }
  const share = canary ?? 100 - baseline - (primary ?? 0);
  const left = 100 - baseline - share;
  if (share >= 0 && left >= 0 && left === (primary ?? left)) return share;
  const given = Object.entries({ primary, canary, baseline }).flatMap(([side, part]) =>
    part === undefined ? [] : `${side} ${part}`,
  );
  const wrong = given.length === 3 ? 'do not add up to 100' : 'are more than 100';
  const message = `${given.slice(0, -1).join(', ')} and ${given.at(-1) ?? ''} ${wrong}`;
  reader.error([...path, 'baseline'], message, 'Leave primary out: it gets what the canary and the baseline leave.');
  return undefined;
}
