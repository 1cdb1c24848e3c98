/** The names that a pattern, a list of statements or a function's body declares, in strict mode. */
import type { AnyNode, Statement } from 'acorn';

/** The variables that a parameter or the left side of a declaration makes. */
export function* patternNames(pattern: AnyNode): Iterable<string> {
  switch (pattern.type) {
    case 'Identifier':
      yield pattern.name;
      break;
    case 'ObjectPattern':
      for (const one of pattern.properties) {
        yield* patternNames(one.type === 'Property' ? one.value : one.argument);
      }
      break;
    case 'ArrayPattern':
      for (const one of pattern.elements) if (one !== null) yield* patternNames(one);
      break;
    case 'AssignmentPattern':
      yield* patternNames(pattern.left);
      break;
    case 'RestElement':
      yield* patternNames(pattern.argument);
  }
}

/** The names of a block: in strict mode its functions are among them. */
export function* lexicalNames(statements: readonly AnyNode[]): Iterable<string> {
  for (const one of statements) {
    if (one.type === 'VariableDeclaration' && one.kind !== 'var') {
      for (const { id } of one.declarations) yield* patternNames(id);
    } else if (one.type === 'FunctionDeclaration' || one.type === 'ClassDeclaration') {
      if (one.id !== null) yield one.id.name;
    }
  }
}

/** The names that `var` makes in a body, however deep inside its statements; those of inner functions are not among them. */
export function* hoistedNames(statements: readonly (AnyNode | null | undefined)[]): Iterable<string> {
  for (const one of statements) {
    if (one?.type === 'VariableDeclaration' && one.kind === 'var') {
      for (const { id } of one.declarations) yield* patternNames(id);
    }
    yield* hoistedNames(innerStatements(one));
  }
}

function innerStatements(node: AnyNode | null | undefined): readonly (AnyNode | null | undefined)[] {
  switch (node?.type) {
    case 'BlockStatement':
      return node.body;
    case 'IfStatement':
      return [node.consequent, node.alternate];
    case 'ForStatement':
      return [node.init, node.body];
    case 'ForInStatement':
    case 'ForOfStatement':
      return [node.left, node.body];
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'LabeledStatement':
      return [node.body];
    case 'SwitchStatement':
      return node.cases.flatMap(({ consequent }): readonly Statement[] => consequent);
    case 'TryStatement':
      return [node.block, node.handler?.body, node.finalizer];
    default:
      return [];
  }
}
