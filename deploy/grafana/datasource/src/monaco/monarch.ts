/** Colours of a query, as a Monarch grammar. It only tells tokens apart; what is right is said by the server. */
import { AGGREGATES, FUNCTIONS, STAGES } from '../language/reference';

type Rule = [RegExp, string | { cases: Record<string, string | object> } | object];

export interface MonarchGrammar {
  stages: string[];
  functions: string[];
  words: string[];
  tokenizer: Record<string, Array<Rule | { include: string }>>;
}

export const MONARCH: MonarchGrammar = {
  stages: STAGES.map(({ name }) => name),
  functions: [...FUNCTIONS, ...AGGREGATES].map(({ name }) => name),
  words: ['by', 'as', 'keep', 'newest', 'from', 'gap', 'left', 'on', 'and', 'or', 'not', 'in', 'like', 'between', 'is', 'null', 'true', 'false', 'AND', 'OR', 'NOT'],
  tokenizer: {
    root: [
      [/\|/, { token: 'delimiter', next: '@stageName' }],
      { include: '@variables' },
      [/\b(?:AND|OR|NOT)(?=[\s()"|]|$)/, 'keyword'],
      [/`(?:[^`\\]|\\.)*`(?=:)/, 'type'],
      [/[^\s"()|,:`\\*?~'-][^\s"()|,:`\\*?]*(?=:(?!\/\/))/, 'type'],
      [/:(?:>=|<=|>|<)?/, 'operator'],
      { include: '@texts' },
      [/-(?=\S)/, 'operator'],
      [/\d+(?:\.\d+)?(?:ns|us|ms|s|m|h|d|w|B|[KMGT]i?B)?(?=[\s),|]|\.\.|$)/, 'number'],
      [/[*?]|\.\./, 'operator'],
      [/[()]/, '@brackets'],
      [/[^\s"()|,:`\\*?$]+|\$/, 'string'],
    ],
    stageName: [
      [/\s+/, 'white'],
      [/[A-Za-z_]+/, { cases: { '@stages': { token: 'keyword', switchTo: '@stage' }, '@default': { token: 'invalid', switchTo: '@stage' } } }],
      [/(?=.)/, { token: '', switchTo: '@stage' }],
    ],
    stage: [
      [/\|/, { token: 'delimiter', switchTo: '@stageName' }],
      { include: '@variables' },
      { include: '@texts' },
      [/(?:[A-Za-z_][\w.]*)(?=\s*\()/, { cases: { '@words': 'keyword', '@functions': 'predefined', 'p\\d+(\\.\\d+)?': 'predefined', '@default': 'identifier' } }],
      [/[A-Za-z_\u0080-\uffff][\w.\u0080-\uffff]*/, { cases: { '@words': 'keyword', '@default': 'type' } }],
      [/`(?:[^`\\]|\\.)*`/, 'type'],
      [/\d+(?:\.\d+)?[A-Za-z]*/, 'number'],
      [/[=!<>~+\-*/%?]+/, 'operator'],
      [/[()]/, '@brackets'],
    ],
    texts: [
      [/~\s*"(?:[^"\\]|\\.)*"/, 'regexp'],
      [/"(?:[^"\\]|\\.)*"/, 'string'],
      [/"(?:[^"\\]|\\.)*$/, 'invalid'],
    ],
    variables: [[/\$\{[^}]*\}|\$\w+|\[\[\w+(?::\w+)?\]\]/, 'variable']],
  },
};
