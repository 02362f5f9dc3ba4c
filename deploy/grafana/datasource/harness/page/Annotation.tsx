/** The form of an annotation, and the events that it makes. */
import { AnnotationEvent, CoreApp, DataQueryResponse, dateTimeFormat } from '@grafana/data';
import { Button, Stack, Tag } from '@grafana/ui';
import { useMemo, useState } from 'react';
import { firstValueFrom, from, Observable } from 'rxjs';
import { LogstoreAnnotation } from '../../src/annotations/annotationEvents';
import { AnnotationQueryEditor } from '../../src/annotations/AnnotationQueryEditor';
import { annotationSupport } from '../../src/annotations/annotationSupport';
import { LogstoreQuery } from '../../src/types';
import { logstore } from './grafana';
import { lastHours, requestOf } from './useQuery';

export function Annotation({ wanted }: { wanted: URLSearchParams }) {
  const datasource = useMemo(() => logstore(), []);
  const [annotation, setAnnotation] = useState<LogstoreAnnotation>({
    name: 'Deployments',
    enable: true,
    iconColor: 'red',
    target: { refId: 'Anno', ...annotationSupport.getDefaultQuery?.(), expr: wanted.get('expr') ?? '' },
  });
  const [events, setEvents] = useState<AnnotationEvent[]>([]);
  const test = async () => {
    const query = annotationSupport.prepareQuery?.(annotation) as LogstoreQuery | undefined;
    if (query === undefined) {
      setEvents([]);
      return;
    }
    const { data } = await firstValueFrom(from(datasource.query(requestOf(query, lastHours(1), CoreApp.Dashboard))) as Observable<DataQueryResponse>);
    setEvents((await firstValueFrom(annotationSupport.processEvents!(annotation, data))) ?? []);
  };
  return (
    <Stack direction="column" gap={2}>
      <AnnotationQueryEditor
        datasource={datasource}
        query={annotation.target!}
        annotation={annotation}
        onAnnotationChange={(next) => setAnnotation(next)}
        onChange={(target) => setAnnotation((before) => ({ ...before, target }))}
        onRunQuery={test}
      />
      <div>
        <Button onClick={test}>Test</Button>
      </div>
      <ol aria-label="Events" tabIndex={0} style={{ maxHeight: 240, overflow: 'auto' }}>
        {events.map(({ id, time, title, text, tags }, place) => (
          <li key={id ?? place}>
            <time>{dateTimeFormat(time ?? 0, { timeZone: 'utc' })}</time> <strong>{title}</strong> {text} {tags?.map((tag) => <Tag key={tag} name={tag} />)}
          </li>
        ))}
      </ol>
    </Stack>
  );
}
