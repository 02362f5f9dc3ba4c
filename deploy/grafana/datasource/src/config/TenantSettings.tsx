/** Whose events are asked for, where a proxy before the server keeps those of many apart. */
import { ConfigSection } from '@grafana/plugin-ui';
import { InlineField, Input } from '@grafana/ui';
import { DEFAULT_TENANT_HEADER, LogstoreOptions } from '../types';
import { LABEL_WIDTH, SETTINGS_STYLE, SettingsProps } from './settings';

export function TenantSettings({ options, onChange }: SettingsProps) {
  const set = (key: keyof Pick<LogstoreOptions, 'tenant' | 'tenantHeader'>, text: string) => onChange({ [key]: text.trim() || undefined });
  return (
    <ConfigSection title="Tenant" description="Sent with every request, for a proxy that keeps the events of many apart. Logstore itself has one tenant, default, and refuses others." isCollapsible isInitiallyOpen={Boolean(options.tenant)}>
      <div style={SETTINGS_STYLE}>
        <InlineField grow label="Tenant" labelWidth={LABEL_WIDTH}>
          <Input id="logstore-tenant" value={options.tenant ?? ''} onChange={({ currentTarget }) => set('tenant', currentTarget.value)} />
        </InlineField>
        <InlineField grow label="Header" labelWidth={LABEL_WIDTH} tooltip="The header that carries it">
          <Input
            id="logstore-tenant-header"
            placeholder={DEFAULT_TENANT_HEADER}
            value={options.tenantHeader ?? ''}
            onChange={({ currentTarget }) => set('tenantHeader', currentTarget.value)}
          />
        </InlineField>
      </div>
    </ConfigSection>
  );
}
