/** Annotations: which query, and how its lines become events. */
import { AnnotationSupport } from '@grafana/data';
import { of } from 'rxjs';
import { LogstoreQuery } from '../types';
import { AnnotationQueryEditor } from './AnnotationQueryEditor';
import { annotationEvents, LogstoreAnnotation, MAX_EVENTS } from './annotationEvents';

export const annotationSupport: AnnotationSupport<LogstoreQuery, LogstoreAnnotation> = {
  QueryEditor: AnnotationQueryEditor,
  getDefaultQuery: () => ({ expr: '', queryType: 'logs', editorMode: 'code' }),
  prepareQuery: ({ target }) =>
    target?.expr?.trim()
      ? { maxLines: MAX_EVENTS, ...target, refId: target.refId || 'Anno', supportingQueryType: 'annotation' }
      : undefined,
  processEvents: (annotation, frames) => of(annotationEvents(annotation, frames)),
};
