/** What the server says of a query while it is written. */
import { useEffect, useState } from 'react';
import { Parsed, Resources } from '../resources';

/** Long enough that not every key is a request, short enough that one waits for nothing. */
const PAUSE_MS = 300;

/** The last verdict; nothing while the query is empty, and none of an older text. Variables stand for values, and are no faults. */
export function useParsed(resources: Resources, query: string, interpolate: (text: string) => string): Parsed | undefined {
  const [verdict, setVerdict] = useState<{ query: string; parsed: Parsed }>();
  useEffect(() => {
    const timer = setTimeout(() => {
      const asked = interpolate(query);
      // Places in the text that the server has seen are places in the user's only if the two are the same.
      if (asked.trim() === '' || asked !== query) {
        return;
      }
      resources.parse(asked).then(
        (parsed) => setVerdict({ query, parsed }),
        () => setVerdict(undefined)
      );
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [resources, query, interpolate]);
  return verdict?.query === query ? verdict.parsed : undefined;
}
