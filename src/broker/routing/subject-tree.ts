/**
 * The subscribers of a subject: a tree of subject tokens that holds subscriptions; it knows no clients and no
 * sockets.
 */

/** The part of a subscription that decides what it matches. */
export interface Interest {
  readonly subject: string;
  /** One member of each queue group gets each message. */
  readonly queue: string | undefined;
}

/** All subscriptions to one subject: each of `plain`, and one member of each of `groups`. */
export interface Match<S> {
  readonly plain: readonly S[];
  readonly groups: readonly (readonly S[])[];
}

interface Node<S> {
  readonly literals: Map<string, Node<S>>;
  /** The node for `*`. */
  one: Node<S> | undefined;
  /** The subscriptions with `>`. */
  rest: Node<S> | undefined;
  readonly interests: Set<S>;
}

/** Every change increases `version`, so that old matches can be recognised. */
export class SubjectTree<S extends Interest> {
  readonly #root: Node<S> = newNode();
  version = 0;

  add(interest: S): void {
    let node = this.#root;
    for (const token of interest.subject.split('.')) {
      const next = child(node, token) ?? newNode<S>();
      if (token === '*') node.one = next;
      else if (token === '>') node.rest = next;
      else node.literals.set(token, next);
      node = next;
    }
    node.interests.add(interest);
    this.version++;
  }

  remove(interest: S): void {
    if (prune(this.#root, interest.subject.split('.'), 0, interest)) this.version++;
  }

  /** A subject with an empty token matches nothing, not even `>`. */
  match(subject: string): Match<S> {
    const tokens = subject.split('.');
    const plain: S[] = [];
    const groups = new Map<string, S[]>();
    if (!tokens.includes('')) collect(this.#root, tokens, 0, plain, groups);
    return { plain, groups: [...groups.values()] };
  }
}

function newNode<S>(): Node<S> {
  return { literals: new Map(), one: undefined, rest: undefined, interests: new Set() };
}

function child<S>(node: Node<S>, token: string): Node<S> | undefined {
  if (token === '*') return node.one;
  return token === '>' ? node.rest : node.literals.get(token);
}

function collect<S extends Interest>(
  node: Node<S>,
  tokens: readonly string[],
  depth: number,
  plain: S[],
  groups: Map<string, S[]>,
): void {
  const token = tokens[depth];
  if (token === undefined) {
    take(node, plain, groups);
    return;
  }
  if (node.rest !== undefined) take(node.rest, plain, groups);
  if (node.one !== undefined) collect(node.one, tokens, depth + 1, plain, groups);
  const next = node.literals.get(token);
  if (next !== undefined) collect(next, tokens, depth + 1, plain, groups);
}

function take<S extends Interest>(node: Node<S>, plain: S[], groups: Map<string, S[]>): void {
  for (const interest of node.interests) {
    if (interest.queue === undefined) {
      plain.push(interest);
      continue;
    }
    const group = groups.get(interest.queue);
    if (group === undefined) groups.set(interest.queue, [interest]);
    else group.push(interest);
  }
}

/** Removes the interest and the nodes that are then empty: reply subjects come and go forever. */
function prune<S>(node: Node<S>, tokens: readonly string[], depth: number, interest: S): boolean {
  const token = tokens[depth];
  if (token === undefined) return node.interests.delete(interest);
  const next = child(node, token);
  if (next === undefined || !prune(next, tokens, depth + 1, interest)) return false;
  const empty =
    next.interests.size === 0 &&
    next.literals.size === 0 &&
    next.one === undefined &&
    next.rest === undefined;
  if (empty) {
    if (token === '*') node.one = undefined;
    else if (token === '>') node.rest = undefined;
    else node.literals.delete(token);
  }
  return true;
}
