/**
 * Finds what a function uses of the place where it was written: names that it does not declare, and `this`, `super`
 * and similar words that belong to what is around it. It knows nothing of globals and captures.
 */
import type {
  AnyNode,
  ArrowFunctionExpression,
  AssignmentProperty,
  CallExpression,
  Class,
  Expression,
  Function as FunctionNode,
  Property,
} from 'acorn';
import { hoistedNames, lexicalNames, patternNames } from './declared-names.js';

export interface FreeName {
  /** `word`: not a variable but `this`, `super`, `arguments`, `new.target`, `import.meta` or a direct `eval`. */
  readonly kind: 'read' | 'assigned' | 'word';
  readonly name: string;
  /** From 1, as the parser's text has them. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Each name once, at its first place. */
export function freeNamesOf(root: Expression): readonly FreeName[] {
  const walk = new Walk();
  walk.visit(root, { names: new Set(), outer: undefined, hasThis: false, hasSuper: false });
  return [...walk.found.values()];
}

interface Scope {
  readonly names: ReadonlySet<string>;
  readonly outer: Scope | undefined;
  /** Whether `this` and `new.target` are of a function inside the root, or the root itself. */
  readonly hasThis: boolean;
  readonly hasSuper: boolean;
}

class Walk {
  readonly found = new Map<string, FreeName>();

  visit(node: AnyNode, scope: Scope): void {
    switch (node.type) {
      case 'Identifier':
        this.name(node, scope, 'read');
        break;
      case 'ThisExpression':
        if (!scope.hasThis) this.note('word', 'this', node);
        break;
      case 'Super':
        if (!scope.hasSuper) this.note('word', 'super', node);
        break;
      case 'MetaProperty':
        if (node.meta.name === 'import') this.note('word', 'import.meta', node);
        else if (!scope.hasThis) this.note('word', 'new.target', node);
        break;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.function(node, scope, false);
        break;
      case 'ClassDeclaration':
      case 'ClassExpression':
        this.class(node, scope);
        break;
      case 'VariableDeclarator':
        this.target(node.id, scope);
        if (node.init) this.visit(node.init, scope);
        break;
      case 'AssignmentExpression':
        this.target(node.left, scope);
        this.visit(node.right, scope);
        break;
      case 'UpdateExpression':
        this.target(node.argument, scope);
        break;
      case 'UnaryExpression':
        // `typeof x` is the way to ask for a variable that may not be there
        if (node.operator !== 'typeof' || node.argument.type !== 'Identifier')
          this.visit(node.argument, scope);
        break;
      case 'CallExpression':
        if (isDirectEval(node)) this.note('word', 'eval', node.callee);
        this.children(node, scope);
        break;
      case 'MemberExpression':
        this.visit(node.object, scope);
        if (node.computed) this.visit(node.property, scope);
        break;
      case 'Property':
        if (node.computed) this.visit(node.key, scope);
        if (node.value.type === 'FunctionExpression') this.function(node.value, scope, isMethod(node));
        else this.visit(node.value, scope);
        break;
      case 'LabeledStatement':
        this.visit(node.body, scope);
        break;
      case 'BreakStatement':
      case 'ContinueStatement':
        break;
      default:
        this.statement(node, scope);
    }
  }

  /** Those that make a scope; of all else, what it consists of. */
  private statement(node: AnyNode, scope: Scope): void {
    switch (node.type) {
      case 'BlockStatement':
        this.children(node, inside(scope, lexicalNames(node.body)));
        break;
      case 'ForStatement':
        this.children(node, inside(scope, lexicalNames(node.init ? [node.init] : [])));
        break;
      case 'ForInStatement':
      case 'ForOfStatement': {
        const loop = inside(scope, lexicalNames([node.left]));
        this.target(node.left, loop);
        this.visit(node.right, loop);
        this.visit(node.body, loop);
        break;
      }
      case 'SwitchStatement': {
        const cases = inside(scope, lexicalNames(node.cases.flatMap(({ consequent }) => consequent)));
        this.visit(node.discriminant, scope);
        for (const one of node.cases) this.children(one, cases);
        break;
      }
      case 'CatchClause': {
        const caught = inside(scope, node.param ? patternNames(node.param) : []);
        if (node.param) this.target(node.param, caught);
        this.visit(node.body, caught);
        break;
      }
      default:
        this.children(node, scope);
    }
  }

  /** A pattern, or what stands left of `=`: its variables are assigned, its defaults and computed keys are read. */
  private target(node: AnyNode, scope: Scope): void {
    switch (node.type) {
      case 'Identifier':
        this.name(node, scope, 'assigned');
        break;
      case 'ObjectPattern':
        for (const one of node.properties) {
          if (one.type === 'Property' && one.computed) this.visit(one.key, scope);
          this.target(one.type === 'Property' ? one.value : one, scope);
        }
        break;
      case 'ArrayPattern':
        for (const one of node.elements) if (one !== null) this.target(one, scope);
        break;
      case 'AssignmentPattern':
        this.target(node.left, scope);
        this.visit(node.right, scope);
        break;
      case 'RestElement':
        this.target(node.argument, scope);
        break;
      default:
        this.visit(node, scope);
    }
  }

  private function(
    { type, id, params, body }: FunctionNode | ArrowFunctionExpression,
    outer: Scope,
    hasSuper: boolean,
  ): void {
    const named = type === 'FunctionExpression' && id ? inside(outer, [id.name]) : outer;
    const names = params.flatMap((param) => [...patternNames(param)]);
    const own =
      type === 'ArrowFunctionExpression'
        ? inside(named, names)
        : { ...inside(named, ['arguments', ...names]), hasThis: true, hasSuper };
    for (const param of params) this.target(param, own);
    if (body.type === 'BlockStatement') this.body(body.body, own);
    else this.visit(body, own);
  }

  /** Parameters do not see the variables of the body. */
  private body(statements: readonly AnyNode[], outer: Scope): void {
    const scope = inside(outer, [...hoistedNames(statements), ...lexicalNames(statements)]);
    for (const one of statements) this.visit(one, scope);
  }

  private class({ id, superClass, body }: Class, outer: Scope): void {
    const scope = inside(outer, id ? [id.name] : []);
    if (superClass) this.visit(superClass, scope);
    const member = { ...scope, hasThis: true, hasSuper: true };
    for (const one of body.body) {
      if (one.type === 'StaticBlock') this.body(one.body, member);
      else {
        if (one.computed) this.visit(one.key, scope);
        if (one.type === 'MethodDefinition') this.function(one.value, scope, true);
        else if (one.value) this.visit(one.value, member);
      }
    }
  }

  private children(node: AnyNode, scope: Scope): void {
    for (const value of Object.values(node) as unknown[]) {
      for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
        if (isNode(one)) this.visit(one, scope);
      }
    }
  }

  private name(node: AnyNode & { readonly name: string }, scope: Scope, kind: 'read' | 'assigned'): void {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
      if (at.names.has(node.name)) return;
    }
    this.note(node.name === 'arguments' ? 'word' : kind, node.name, node);
  }

  private note(kind: FreeName['kind'], name: string, { loc }: AnyNode): void {
    // Of `eval`, which is also a global, a call is a word
    const key = kind === 'word' ? `${name}()` : name;
    if (this.found.has(key)) return;
    const { line = 0, column = 0 } = loc?.start ?? {};
    this.found.set(key, { kind, name, line, column: column + 1 });
  }
}

function inside(outer: Scope, names: Iterable<string>): Scope {
  return { ...outer, names: new Set(names), outer };
}

function isDirectEval({ callee, optional }: CallExpression): boolean {
  return callee.type === 'Identifier' && callee.name === 'eval' && !optional;
}

function isMethod({ method, kind }: Property | AssignmentProperty): boolean {
  return method || kind !== 'init';
}

function isNode(value: unknown): value is AnyNode {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}
