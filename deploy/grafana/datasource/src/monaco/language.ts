/** Makes Grafana's editor know the query language: colours, completion, and what a word means. */
import type { Monaco, monacoTypes } from '@grafana/ui';
import { Known, Suggestion, SuggestionKind, suggestions } from '../language/completion';
import { asPlain, explainWord } from '../language/reference';
import { situationAt } from '../language/situation';
import { MONARCH } from './monarch';

export const LANGUAGE_ID = 'logstore';

/** Whom to ask for an editor, by the address of its text. The language is registered once for all editors of the page. */
const knownBy = new Map<string, Known>();

/** Ties an editor to who knows its fields and values; the result unties it. */
export function tie(uri: string, known: Known): () => void {
  knownBy.set(uri, known);
  return () => knownBy.delete(uri);
}

export function registerLanguage(monaco: Monaco): void {
  if (monaco.languages.getLanguages().some(({ id }) => id === LANGUAGE_ID)) {
    return;
  }
  monaco.languages.register({ id: LANGUAGE_ID });
  monaco.languages.setMonarchTokensProvider(LANGUAGE_ID, MONARCH as unknown as monacoTypes.languages.IMonarchLanguage);
  monaco.languages.setLanguageConfiguration(LANGUAGE_ID, {
    brackets: [['(', ')']],
    autoClosingPairs: [
      { open: '(', close: ')', notIn: ['string'] },
      { open: '"', close: '"', notIn: ['string'] },
      { open: '`', close: '`', notIn: ['string'] },
    ],
    // Names hold dots, and words are marked with what belongs to them.
    wordPattern: /[0-9A-Za-z_.\u0080-\uffff]+/,
  });
  monaco.languages.registerCompletionItemProvider(LANGUAGE_ID, {
    triggerCharacters: [':', '|', '(', ' ', ',', '"'],
    provideCompletionItems: (model, position) => complete(monaco, model, position),
  });
  monaco.languages.registerHoverProvider(LANGUAGE_ID, { provideHover: hover });
}

async function complete(
  monaco: Monaco,
  model: monacoTypes.editor.ITextModel,
  position: monacoTypes.Position
): Promise<monacoTypes.languages.CompletionList> {
  const known = knownBy.get(model.uri.toString());
  if (known === undefined) {
    return { suggestions: [] };
  }
  const situation = situationAt(model.getValue(), model.getOffsetAt(position));
  const typed = 'typed' in situation ? situation.typed.length : 0;
  const start = model.getPositionAt(model.getOffsetAt(position) - typed);
  const range = { startLineNumber: start.lineNumber, startColumn: start.column, endLineNumber: position.lineNumber, endColumn: position.column };
  // Without the server's knowledge there is nothing to offer, and nothing to tell: queries show what is wrong with it.
  const offered = await suggestions(situation, known).catch(() => []);
  return { suggestions: offered.map((suggestion, place) => toItem(monaco, suggestion, range, place)), incomplete: situation.kind === 'value' };
}

const KINDS: Record<SuggestionKind, keyof typeof monacoTypes.languages.CompletionItemKind> = {
  field: 'Field',
  value: 'Value',
  stage: 'Keyword',
  function: 'Function',
  operator: 'Operator',
  query: 'Reference',
};

function toItem(monaco: Monaco, suggestion: Suggestion, range: monacoTypes.IRange, place: number): monacoTypes.languages.CompletionItem {
  const { kind, label, insert, detail, documentation, goesOn } = suggestion;
  const isSnippet = insert.includes('$0');
  return {
    // A description stands at each row; a detail at the chosen one alone, and is cut in the midst of words beside it.
    label: detail === undefined ? label : { label, description: asPlain(detail) },
    kind: monaco.languages.CompletionItemKind[KINDS[kind]],
    insertText: insert,
    ...(isSnippet && { insertTextRules: monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet }),
    ...(documentation !== undefined && { documentation: { value: `\`\`\`\n${documentation}\n\`\`\`\n\n${detail ?? ''}` } }),
    range,
    // The order of the answer: the commonest first.
    sortText: String(place).padStart(5, '0'),
    filterText: insert.replace('$0', ''),
    ...(goesOn && { command: { id: 'editor.action.triggerSuggest', title: 'Suggest' } }),
  };
}

function hover(model: monacoTypes.editor.ITextModel, position: monacoTypes.Position): monacoTypes.languages.Hover | null {
  const word = model.getWordAtPosition(position);
  const known = word && explainWord(word.word, model.getLineContent(position.lineNumber).slice(word.endColumn - 1));
  return known ? { contents: [{ value: `\`\`\`\n${known.usage}\n\`\`\`` }, { value: known.summary }] } : null;
}
