/** Annotations: which query, and how its lines become events. */
import { AnnotationSupport } from '@grafana/data';
import { of } from 'rxjs';
import { LogstoreQuery } from '../types';
import { AnnotationQueryEditor } from './AnnotationQueryEditor';
import { annotationEvents, LogstoreAnnotation } from './annotationEvents';

/** An annotation is a line on a graph: with more of them nothing can be told apart. */
const MAX_EVENTS = 100;

export const annotationSupport: AnnotationSupport<LogstoreQuery, LogstoreAnnotation> = {
  QueryEditor: AnnotationQueryEditor,
  getDefaultQuery: () => ({ expr: '', queryType: 'logs', editorMode: 'code' }),
  prepareQuery: ({ target }) =>
    target?.expr?.trim()
      ? { maxLines: MAX_EVENTS, ...target, refId: target.refId || 'Anno', supportingQueryType: 'annotation' }
      : undefined,
  processEvents: (annotation, frames) => of(annotationEvents(annotation, frames)),
};
