/** The settings of a data source. */
import { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import {
  AdvancedHttpSettings,
  Auth,
  ConfigSection,
  ConfigSubSection,
  ConnectionSettings,
  convertLegacyAuthProps,
} from '@grafana/plugin-ui';
import { Divider, Stack } from '@grafana/ui';
import { LogstoreOptions, LogstoreSecureOptions } from '../types';
import { DerivedFieldsEditor } from './DerivedFieldsEditor';
import { LevelRulesEditor } from './LevelRulesEditor';
import { QuerySettings } from './QuerySettings';
import { TenantSettings } from './TenantSettings';

export type ConfigProps = DataSourcePluginOptionsEditorProps<LogstoreOptions, LogstoreSecureOptions>;

export function ConfigEditor({ options, onOptionsChange }: ConfigProps) {
  const change = (part: Partial<LogstoreOptions>) => onOptionsChange({ ...options, jsonData: { ...options.jsonData, ...part } });
  return (
    <Stack direction="column" gap={2}>
      <ConnectionSettings config={options} onChange={onOptionsChange} urlPlaceholder="http://localhost:24280" urlLabel="URL" />
      <Divider />
      <Auth {...convertLegacyAuthProps({ config: options, onChange: onOptionsChange })} />
      <Divider />
      <TenantSettings options={options.jsonData} onChange={change} />
      <Divider />
      <ConfigSection title="Queries" isCollapsible isInitiallyOpen>
        <Stack direction="column" gap={3}>
          <QuerySettings options={options.jsonData} onChange={change} />
          <ConfigSubSection title="Derived fields" description="Parts of a line that become fields, and links: to the trace of a trace id, for instance.">
            <DerivedFieldsEditor fields={options.jsonData.derivedFields ?? []} onChange={(derivedFields) => change({ derivedFields })} />
          </ConfigSubSection>
          <ConfigSubSection title="Levels" description="For lines that do not say their level. The first rule that fits counts.">
            <LevelRulesEditor rules={options.jsonData.levelRules ?? []} onChange={(levelRules) => change({ levelRules })} />
          </ConfigSubSection>
        </Stack>
      </ConfigSection>
      <Divider />
      <ConfigSection title="Advanced" isCollapsible isInitiallyOpen={false}>
        <AdvancedHttpSettings config={options} onChange={onOptionsChange} />
      </ConfigSection>
    </Stack>
  );
}
