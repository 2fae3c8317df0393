import { journeys } from '../support/engines/journeys';
import { WebKit } from '../support/engines/webkit';

journeys(() => WebKit.launch(), /WebSocket connection to|Could not connect|Load failed/);
