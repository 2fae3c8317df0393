import { Firefox } from '../support/engines/firefox';
import { journeys } from '../support/engines/journeys';

journeys(() => Firefox.launch(), /can.t establish a connection|was interrupted while|NetworkError|NS_ERROR/);
