import { FieldType, toDataFrame } from '@grafana/data';
import { annotationEvents, LogstoreAnnotation } from './annotationEvents';
import { annotationSupport } from './annotationSupport';

const LINES = toDataFrame({
  fields: [
    { name: 'timestamp', type: FieldType.time, values: [1000] },
    { name: 'body', type: FieldType.string, values: ['deployed 1.2'] },
    { name: 'id', type: FieldType.string, values: ['r1'] },
    { name: 'labels', type: FieldType.other, values: [{ service: 'web', version: 2, where: { zone: 'a' } }] },
  ],
});

const annotation = (more: Partial<LogstoreAnnotation> = {}) => ({ name: 'Deploys', enable: true, iconColor: 'red', ...more }) as LogstoreAnnotation;

test('a line is an event with its text', () => {
  expect(annotationEvents(annotation(), [LINES])).toEqual([{ time: 1000, title: '', text: 'deployed 1.2', tags: [], id: 'r1' }]);
});

test('title, text and tags are made of fields', () => {
  const [event] = annotationEvents(annotation({ titleFormat: '{{ service }} v{{version}}', textFormat: '{{message}} {{where}}{{missing}}', tagFields: 'service, version, missing' }), [LINES]);
  expect(event).toMatchObject({ title: 'web v2', text: 'deployed 1.2 {"zone":"a"}', tags: ['web', '2'] });
});

test('rows without a time are no events', () => {
  expect(annotationEvents(annotation(), [toDataFrame({ fields: [{ name: 'count', values: [1] }] })])).toEqual([]);
});

test('an annotation without a query asks nothing, another one asks for few lines', () => {
  expect(annotationSupport.prepareQuery?.(annotation())).toBeUndefined();
  expect(annotationSupport.prepareQuery?.(annotation({ target: { refId: '', expr: 'tag:deploy' } }))).toMatchObject({ refId: 'Anno', expr: 'tag:deploy', maxLines: 100 });
});
