/** What the parts of the settings page share. */
import { LogstoreOptions } from '../types';

export const LABEL_WIDTH = 24;

/** As wide as Grafana's own settings of a connection, and narrower where the page is. */
export const SETTINGS_STYLE = { maxWidth: 578 };

export interface SettingsProps {
  options: LogstoreOptions;
  onChange: (part: Partial<LogstoreOptions>) => void;
}
