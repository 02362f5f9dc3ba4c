/** Events on a graph, made of the lines or rows that a query finds. */
import { AnnotationEvent, AnnotationQuery, DataFrame, FieldType } from '@grafana/data';
import { LogstoreQuery } from '../types';

/** How an event reads. `{{field}}` stands for a field of the line, `{{message}}` for the line itself. */
export interface LogstoreAnnotation extends AnnotationQuery<LogstoreQuery> {
  titleFormat?: string;
  textFormat?: string;
  /** Names of the fields whose values are tags, with commas between them. */
  tagFields?: string;
}

/** An annotation is a line on a graph: with more of them, unless the query says otherwise, nothing can be told apart. */
export const MAX_EVENTS = 100;

const DEFAULT_TEXT = '{{message}}';

export function annotationEvents(annotation: LogstoreAnnotation, frames: DataFrame[]): AnnotationEvent[] {
  return frames.flatMap((frame) => eventsOf(annotation, frame));
}

function eventsOf({ titleFormat, textFormat, tagFields = '' }: LogstoreAnnotation, frame: DataFrame): AnnotationEvent[] {
  const time = frame.fields.find(({ type }) => type === FieldType.time);
  if (time === undefined) {
    return [];
  }
  const tags = tagFields.split(',').map((name) => name.trim()).filter(Boolean);
  return [...Array(frame.length).keys()].map((index) => {
    const fields = fieldsOf(frame, index);
    return {
      time: time.values[index],
      title: fill(titleFormat ?? '', fields),
      text: fill(textFormat || DEFAULT_TEXT, fields),
      tags: tags.map((name) => fields[name]).filter((value) => value !== undefined && value !== ''),
      id: fields.id,
    };
  });
}

/** All that is known of a row, as texts: columns, and the fields in `labels`. */
function fieldsOf(frame: DataFrame, index: number): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const { name, labels, values } of frame.fields) {
    const value: unknown = values[index];
    Object.assign(fields, labels);
    if (name === 'labels' && value !== null && typeof value === 'object') {
      Object.assign(fields, Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, textOf(inner)])));
    } else if (value !== null && value !== undefined) {
      fields[name === 'body' ? 'message' : name] = textOf(value);
    }
  }
  return fields;
}

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function fill(format: string, fields: Record<string, string>): string {
  return format.replace(/\{\{\s*([^{}]+?)\s*\}\}/g, (_whole, name: string) => fields[name] ?? '');
}
