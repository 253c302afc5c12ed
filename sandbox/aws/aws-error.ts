/** An error as AWS answers it. */
export class AwsError extends Error {
  /**
   * @param code - the error's code on the wire
   * @param status - HTTP status; AWS's client errors are 400
   */
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
    this.name = 'AwsError';
  }
}

/** The commonest refusal of ECS. */
export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

/** ECS's refusal of what RegisterTaskDefinition and a few others are given. */
export function clientException(message: string): AwsError {
  return new AwsError('ClientException', message);
}

/** The refusal of a value by the query services. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message);
}
