import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { ComponentProps } from 'react';
import { VariableQueryEditor } from './VariableQueryEditor';

test('a variable that was saved as text is shown as a form, and saved as one', async () => {
  const onChange = jest.fn();
  const props = { query: 'field_values(service)', onChange } as unknown as ComponentProps<typeof VariableQueryEditor>;
  render(<VariableQueryEditor {...props} />);
  expect(screen.getByPlaceholderText('service')).toHaveValue('service');
  await userEvent.type(screen.getByPlaceholderText('environment:$environment'), 'env:$env');
  await userEvent.tab();
  expect(onChange).toHaveBeenLastCalledWith(expect.objectContaining({ kind: 'fieldValues', field: 'service', search: 'env:$env' }));
});
