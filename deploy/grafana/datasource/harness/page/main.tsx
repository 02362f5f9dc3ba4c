/** The plugin's own pages within the components of Grafana. `?show=explore` and `?show=settings` choose; `?theme=light`. */
import { createTheme, ThemeContext } from '@grafana/data';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import { createRoot } from 'react-dom/client';
import { Explore } from './Explore';
import { provideGrafana } from './grafana';
import { Settings } from './Settings';

const wanted = new URLSearchParams(location.search);
const mode = wanted.get('theme') === 'light' ? 'light' : 'dark';
const theme = createTheme({ colors: { mode } });

// Completion and colours work without: of Monaco's own workers only the plain one is needed.
self.MonacoEnvironment = { getWorker: () => new Worker('editor.worker.js', { type: 'module' }) };

provideGrafana();
document.body.classList.add(`theme-${mode}`);
createRoot(document.getElementById('page')!).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <main style={{ padding: theme.spacing(2) }}>
      {wanted.get('show') === 'settings' ? <Settings isEmpty={wanted.has('empty')} /> : <Explore wanted={wanted} />}
    </main>
    <PortalContainer />
  </ThemeContext.Provider>
);
