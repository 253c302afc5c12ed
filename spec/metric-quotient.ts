import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { quotientOf, withoutDefaults } from '../model/datadog-query.js';

/**
 * Warns of a quotient whose numerator is not taken as zero where it has no point: its windows would have no data. What is known of
 * an absent numerator is said at `Absence`.
 */
export function warnOfQuotient(reader: Reader, path: Path, query: string, emptyValue: number | undefined): void {
  const quotient = quotientOf(query);
  if (!quotient || withoutDefaults(query) !== undefined) return;
  if (quotient.absence === 'SEVERAL') {
    const message =
      'the numerator holds several queries: where one of them has no point, Datadog gives none for the quotient, whatever the others count';
    reader.warning(path, message, 'Write default_zero(…) around each.');
  } else if (quotient.absence === 'OTHER_TAGS' && emptyValue === undefined) {
    const message =
      'the two sides of the quotient select by other tags: a window in which the numerator has no point is not taken as zero, for the tags may be mistyped';
    reader.warning(path, message, 'Write the same tags on both sides or, if no point means none, emptyValue: 0.');
  }
}
