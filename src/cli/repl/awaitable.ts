/** Values that print their present state, and that `await` turns into a later one. */

/**
 * `value` with a hidden `then`: at a prompt it is the present value, and `await` gives the result of
 * `whenAwaited`. Only for input that a person types; an async function always awaits such a value when it
 * returns it.
 */
export function awaitable<T extends object, R>(value: T, whenAwaited: () => Promise<R>): T & PromiseLike<R> {
  const then: PromiseLike<R>['then'] = (resolve, reject) => whenAwaited().then(resolve, reject);
  return Object.defineProperty(value, 'then', { value: then }) as T & PromiseLike<R>;
}
