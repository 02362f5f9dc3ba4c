/** Series over time, as bars on top of each other's axis. */
import { DataFrame, Field, FieldType, getDisplayProcessor, GrafanaTheme2, TimeRange } from '@grafana/data';
import { LegendDisplayMode, TimeSeries, useTheme2 } from '@grafana/ui';
import { useEffect, useRef, useState } from 'react';

const HEIGHT = 260;
const BARS = { drawStyle: 'bars', fillOpacity: 60, lineWidth: 0, barAlignment: 1, axisPlacement: 'auto' };

/** What Grafana's panels do with fields before they draw them. */
function drawn(field: Field, theme: GrafanaTheme2, place: number): Field {
  const color = theme.visualization.getColorByName(theme.visualization.palette[place]);
  const config = field.type === FieldType.time ? field.config : { ...field.config, custom: BARS, min: 0, color: { mode: 'fixed', fixedColor: color } };
  return { ...field, config, display: getDisplayProcessor({ field: { ...field, config }, theme, timeZone: 'utc' }), state: { ...field.state, seriesIndex: place } };
}

export function Series({ series, range }: { series: DataFrame[]; range: TimeRange }) {
  const theme = useTheme2();
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => setWidth(frame.current?.clientWidth ?? 0), []);
  const frames = series.map((each, place) => ({ ...each, fields: each.fields.map((field) => drawn(field, theme, place)) }));
  return (
    <div ref={frame} data-testid="series">
      {width > 0 && (
        <TimeSeries
          frames={frames}
          width={width}
          height={HEIGHT}
          timeRange={range}
          timeZone="utc"
          legend={{ displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [], showLegend: true }}
        />
      )}
    </div>
  );
}
