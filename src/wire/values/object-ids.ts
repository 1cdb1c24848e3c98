/** Numbers objects in the order in which they are met. */

export class ObjectIds {
  /** Most values contain no object twice, and a Set costs less than a Map. */
  #met: Set<object> | undefined = new Set();
  #ids: Map<object, number> | undefined;

  /** The number of an object that was met before; undefined for a new one, which is now noted. */
  meet(object: object): number | undefined {
    if (this.#met !== undefined) {
      const before = this.#met.size;
      if (this.#met.add(object).size > before) return undefined;
      this.#ids = new Map(Array.from(this.#met, (each, id) => [each, id]));
      this.#met = undefined;
    }
    const ids = this.#ids as Map<object, number>;
    const id = ids.get(object);
    if (id === undefined) ids.set(object, ids.size);
    return id;
  }
}
