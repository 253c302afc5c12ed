/** Why a value cannot be replaced; the caller names the file and the field. */
export class EditFailure extends Error {
  override readonly name = 'EditFailure';
}
