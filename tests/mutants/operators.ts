/**
 * The changes that are made to compiled code, one at a time: a table from kinds of syntax to what stands there
 * instead. Code that cannot be seen from outside is left alone: texts, what errors are made of, and numbers above two,
 * which are sizes and times that were measured.
 */
import { type AnyNode, type Node, parse } from 'acorn';

/** The code from `start` to `end` is replaced by `text`. */
export interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Every operator's opposites; the first of two keeps the side and moves the boundary. */
const BINARY: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&': ['|'],
  '|': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
};

const ASSIGNED: Readonly<Record<string, string>> = {
  '+=': '-=',
  '-=': '+=',
  '|=': '&=',
  '&=': '|=',
  '??=': '=',
  '||=': '=',
};

const METHODS: Readonly<Record<string, string>> = {
  min: 'max',
  max: 'min',
  some: 'every',
  every: 'some',
  floor: 'ceil',
  ceil: 'floor',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  push: 'unshift',
  shift: 'pop',
};

const MOST_NUMBER = 2;

/** All mutants of a module, in the order of the text. */
export function mutantsOf(code: string): readonly Mutant[] {
  const mutants: Mutant[] = [];
  const change = ({ start, end }: Pick<Node, 'start' | 'end'>, text: string): void => {
    if (code.slice(start, end) !== text) mutants.push({ start, end, text });
  };
  const visit = (node: AnyNode): void => {
    changesOf(node, code, change);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }));
  return mutants.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Not the texts, and not what a thrown error is made of. */
function childrenOf(node: AnyNode): readonly AnyNode[] {
  if (node.type === 'TemplateLiteral' || node.type === 'ThrowStatement') return [];
  if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') return [];
  return Object.values(node).flatMap((value: unknown) =>
    (Array.isArray(value) ? value : [value]).filter(
      (child: unknown): child is AnyNode => typeof child === 'object' && child !== null && 'type' in child,
    ),
  );
}

type Change = (place: Pick<Node, 'start' | 'end'>, text: string) => void;

function changesOf(node: AnyNode, code: string, change: Change): void {
  const textOf = ({ start, end }: Node): string => code.slice(start, end);
  const between = (left: Node, right: Node, operator: string): Pick<Node, 'start' | 'end'> => {
    const start = code.indexOf(operator, left.end);
    return start < right.start
      ? { start, end: start + operator.length }
      : { start: right.start, end: left.end };
  };
  switch (node.type) {
    case 'BinaryExpression':
      if (node.operator === '+' && (isText(node.left) || isText(node.right))) return;
      for (const other of BINARY[node.operator] ?? [])
        change(between(node.left, node.right, node.operator), other);
      return;
    case 'LogicalExpression':
      if (node.operator === '??') change(node, textOf(node.left));
      else change(between(node.left, node.right, node.operator), node.operator === '&&' ? '||' : '&&');
      return;
    case 'UnaryExpression':
      if (node.operator === '!') change(node, textOf(node.argument));
      if (node.operator === '-' && node.argument.type !== 'Literal') change(node, textOf(node.argument));
      return;
    case 'Literal':
      if (typeof node.value === 'boolean') change(node, String(!node.value));
      if (typeof node.value === 'number' && node.value <= MOST_NUMBER)
        change(node, String(node.value === 1 ? 0 : node.value + 1));
      return;
    case 'ConditionalExpression':
      change(node.test, 'true');
      change(node.test, 'false');
      return;
    case 'IfStatement':
      change(node.test, 'true');
      change(node.test, 'false');
      return;
    case 'WhileStatement':
      change(node.test, 'false');
      return;
    case 'UpdateExpression': {
      const sign = node.operator === '++' ? '--' : '++';
      const { argument } = node;
      change(node, node.prefix ? sign + textOf(argument) : textOf(argument) + sign);
      return;
    }
    case 'AssignmentExpression': {
      const other = ASSIGNED[node.operator];
      if (other !== undefined && !isText(node.right))
        change(between(node.left, node.right, node.operator), other);
      return;
    }
    case 'ExpressionStatement':
      if ('directive' in node || textOf(node).startsWith('super(')) return;
      change(node, ';');
      return;
    case 'ThrowStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      change(node, ';');
      return;
    case 'ReturnStatement':
      if (node.argument === null || node.argument === undefined) change(node, ';');
      else if (node.argument.type !== 'Literal' && textOf(node.argument) !== 'undefined')
        change(node.argument, 'undefined');
      return;
    case 'ArrowFunctionExpression':
      if (node.expression && node.body.type !== 'Literal' && textOf(node.body) !== 'undefined')
        change(node.body, '(undefined)');
      return;
    case 'ChainExpression':
      change(
        node,
        textOf(node)
          .replace(/\?\.(?=[[(])/, '')
          .replace('?.', '.'),
      );
      return;
    case 'CallExpression': {
      if (node.callee.type !== 'MemberExpression' || node.callee.computed) return;
      const { property } = node.callee;
      const other = METHODS[textOf(property)];
      if (other !== undefined) change(property, other);
    }
  }
}

function isText(node: AnyNode): boolean {
  if (node.type === 'TemplateLiteral') return true;
  if (node.type === 'Literal') return typeof node.value === 'string';
  return (
    node.type === 'BinaryExpression' && node.operator === '+' && (isText(node.left) || isText(node.right))
  );
}
