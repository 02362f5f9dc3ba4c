import userEvent, { PointerEventsCheckLevel } from '@testing-library/user-event';

/**
 * Who uses a form in tests. Whether the mouse reaches what it clicks follows from the styles of all that is around, which jsdom
 * computes anew for each: that took most of the time of a test. In a browser it is looked at.
 */
export const user = userEvent.setup({ pointerEventsCheck: PointerEventsCheckLevel.Never, delay: null });
