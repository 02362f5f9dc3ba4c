/** The plugin's own pages within the components of Grafana. `#show=settings` and so on choose one; `#theme=light`. */
import { createTheme, ThemeContext } from '@grafana/data';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { ComponentType, useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Annotation } from './Annotation';
import { Context } from './Context';
import { Explore } from './Explore';
import { Filters } from './Filters';
import { provideGrafana } from './grafana';
import { Settings } from './Settings';
import { Variables } from './Variables';

const PAGES: Record<string, ComponentType<{ wanted: URLSearchParams }>> = {
  annotation: Annotation,
  context: Context,
  explore: Explore,
  filters: Filters,
  settings: Settings,
  variables: Variables,
};

declare global {
  interface Window {
    setTheme: (mode: 'dark' | 'light') => void;
  }
}

const THEMES = { dark: createTheme({ colors: { mode: 'dark' } }), light: createTheme({ colors: { mode: 'light' } }) };

type Mode = keyof typeof THEMES;

/** What the hash asks for: another one is another page, as it is in Grafana, which loads its scripts once. */
function useWanted(): URLSearchParams {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const change = () => setHash(location.hash);
    window.addEventListener('hashchange', change);
    return () => window.removeEventListener('hashchange', change);
  }, []);
  return useMemo(() => new URLSearchParams(hash.slice(1)), [hash]);
}

function Root() {
  const wanted = useWanted();
  const [mode, setMode] = useState<Mode>('dark');
  const visit = wanted.toString();
  // Whoever tests a page changes its theme without leaving it.
  useEffect(() => {
    setMode(wanted.get('theme') === 'light' ? 'light' : 'dark');
    window.setTheme = setMode;
  }, [wanted]);
  useEffect(() => {
    document.body.className = `theme-${mode}`;
  }, [mode]);
  const Page = PAGES[wanted.get('show') ?? 'explore'] ?? Explore;
  return (
    <ThemeContext.Provider value={THEMES[mode]}>
      <GlobalStyles />
      <main data-visit={wanted.get('visit')} data-theme={mode} style={{ padding: THEMES[mode].spacing(2) }}>
        <Page key={visit} wanted={wanted} />
      </main>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

// Completion and colours work without: of Monaco's own workers only the plain one is needed.
self.MonacoEnvironment = { getWorker: () => new Worker('editor.worker.js', { type: 'module' }) };

provideGrafana();
createRoot(document.getElementById('page')!).render(<Root />);
