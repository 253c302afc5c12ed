/** Plain JSON: what may cross into a workflow's history. */
export type Json = string | number | boolean | null | Json[] | JsonObject;

/** A JSON object with any keys: used where the shape is AWS's and we pass it on as it is. */
export interface JsonObject {
  [key: string]: Json;
}
