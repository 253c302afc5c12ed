import { invalidParameter } from '../aws/aws-error.js';

/** API pages CreateService and CreateTaskSet: up to 36 ASCII characters from 33 to 126. */
const TOKEN = /^[\x21-\x7e]{1,36}$/;

/** A client token as sent. @throws AwsError InvalidParameterException when AWS would not take it */
export function checkedToken(token: string | undefined): string | undefined {
  if (token !== undefined && !TOKEN.test(token)) {
    throw invalidParameter('clientToken must be up to 36 ASCII characters in the range of 33-126.');
  }
  return token;
}
