/** Values that are shown as they are, and that `await` turns into what they become. */

/**
 * `value` with a hidden `then`: at a prompt it is what there is now, and awaited it is what `whenAwaited`
 * resolves with. Only for what a person types; such a value cannot leave an async function unawaited.
 */
export function awaitable<T extends object, R>(value: T, whenAwaited: () => Promise<R>): T & PromiseLike<R> {
  const then: PromiseLike<R>['then'] = (resolve, reject) => whenAwaited().then(resolve, reject);
  return Object.defineProperty(value, 'then', { value: then }) as T & PromiseLike<R>;
}
