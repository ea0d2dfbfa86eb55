/**
 * Parses JSON, but the same text only once in a row: the members of a group are sent the same, and a generator that
 * parsed it for each of them would be busier than the servers. The value is shared: leave it as it is.
 */
export class LastParsed<T> {
  #text: string | undefined;
  #value: T | undefined;

  parse(text: string): T {
    if (text !== this.#text || this.#value === undefined) {
      this.#value = JSON.parse(text) as T;
      this.#text = text;
    }
    return this.#value;
  }
}
