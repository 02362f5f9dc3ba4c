/** The form of an annotation: its query, and how a line of the answer reads. */
import { AnnotationQuery, CoreApp, QueryEditorProps } from '@grafana/data';
import { InlineField, Input } from '@grafana/ui';
import type { LogstoreDatasource } from '../datasource';
import { QueryEditor } from '../editor/QueryEditor';
import { LogstoreOptions, LogstoreQuery } from '../types';
import { LogstoreAnnotation, MAX_EVENTS } from './annotationEvents';

type Props = QueryEditorProps<LogstoreDatasource, LogstoreQuery, LogstoreOptions> & {
  annotation?: AnnotationQuery<LogstoreQuery>;
  onAnnotationChange?: (annotation: AnnotationQuery<LogstoreQuery>) => void;
};

const FORMATS: Array<{ key: 'titleFormat' | 'textFormat' | 'tagFields'; label: string; placeholder: string; tooltip: string }> = [
  { key: 'titleFormat', label: 'Title', placeholder: '{{service}}', tooltip: '{{field}} is the value of a field' },
  { key: 'textFormat', label: 'Text', placeholder: '{{message}}', tooltip: '{{message}} is the line, {{field}} the value of a field' },
  { key: 'tagFields', label: 'Tags', placeholder: 'service, version', tooltip: 'Fields whose values are the tags, with commas between them' },
];

export function AnnotationQueryEditor({ annotation, onAnnotationChange, query, ...props }: Props) {
  const current = annotation as LogstoreAnnotation | undefined;
  return (
    <>
      <QueryEditor {...props} app={CoreApp.Dashboard} maxLines={MAX_EVENTS} query={query ?? { refId: 'Anno', expr: '' }} />
      {current && onAnnotationChange &&
        FORMATS.map(({ key, label, placeholder, tooltip }) => (
          <InlineField key={key} label={label} labelWidth={14} tooltip={tooltip} grow>
            <Input
              id={`logstore-annotation-${key}`}
              placeholder={placeholder}
              defaultValue={current[key] ?? ''}
              onBlur={({ currentTarget }) => onAnnotationChange({ ...current, [key]: currentTarget.value } as AnnotationQuery<LogstoreQuery>)}
            />
          </InlineField>
        ))}
    </>
  );
}
