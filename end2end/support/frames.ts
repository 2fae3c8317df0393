// Counts what a page sends and receives over its WebSockets.

import type { Page } from '@playwright/test';

export interface Frame {
  direction: 'sent' | 'received';
  bytes: number;
  /** Text frames only. */
  text: string | undefined;
  /** Milliseconds since 1970. */
  at: number;
}

export class Frames {
  /** Sockets that were opened, also those that were closed since. */
  sockets = 0;
  open = 0;
  private frames: Frame[] = [];

  constructor(page: Page) {
    page.on('websocket', (socket) => {
      this.sockets += 1;
      this.open += 1;
      socket.on('close', () => (this.open -= 1));
      socket.on('framesent', ({ payload }) => this.add('sent', payload));
      socket.on('framereceived', ({ payload }) => this.add('received', payload));
    });
  }

  /** Counting begins anew; the sockets stay known. */
  reset(): void {
    this.frames = [];
  }

  list(direction: Frame['direction']): Frame[] {
    return this.frames.filter((frame) => frame.direction === direction);
  }

  count(direction: Frame['direction']): number {
    return this.list(direction).length;
  }

  bytes(direction: Frame['direction']): number {
    return this.list(direction).reduce((sum, frame) => sum + frame.bytes, 0);
  }

  private add(direction: Frame['direction'], payload: string | Buffer): void {
    const text = typeof payload === 'string' ? payload : undefined;
    const bytes = Buffer.byteLength(payload);
    this.frames.push({ direction, bytes, text, at: Date.now() });
  }
}

/** Call before the page is opened. */
export function watchFrames(page: Page): Frames {
  return new Frames(page);
}
