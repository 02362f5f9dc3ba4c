/** What the parts of the settings page share. */
import { LogstoreOptions } from '../types';

export const LABEL_WIDTH = 24;

export interface SettingsProps {
  options: LogstoreOptions;
  onChange: (part: Partial<LogstoreOptions>) => void;
}
