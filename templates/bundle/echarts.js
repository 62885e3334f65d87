// The parts of Apache ECharts that the report page draws with. Build with `npm ci && npm run build`.
export { init, use, getInstanceByDom } from 'echarts/core';
import { use } from 'echarts/core';
import { ScatterChart, LineChart, HeatmapChart, BarChart } from 'echarts/charts';
import {
  GridComponent, TooltipComponent, LegendComponent, VisualMapContinuousComponent, MarkLineComponent, AriaComponent,
} from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';
import { LabelLayout } from 'echarts/features';

use([ScatterChart, LineChart, HeatmapChart, BarChart, GridComponent, TooltipComponent, LegendComponent,
  VisualMapContinuousComponent, MarkLineComponent, AriaComponent, CanvasRenderer, LabelLayout]);
