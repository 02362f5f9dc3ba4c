import { render, screen } from '@testing-library/react';
import { user } from '../../test/user';
import { ComponentProps } from 'react';
import { VariableQueryEditor } from './VariableQueryEditor';

test('a variable that was saved as text is shown as a form, and saved as one', async () => {
  const onChange = jest.fn();
  const props = { query: 'field_values(service)', onChange } as unknown as ComponentProps<typeof VariableQueryEditor>;
  render(<VariableQueryEditor {...props} />);
  expect(screen.getByPlaceholderText('service')).toHaveValue('service');
  await user.type(screen.getByPlaceholderText('environment:$environment'), 'env:$env');
  await user.tab();
  expect(onChange).toHaveBeenLastCalledWith(expect.objectContaining({ kind: 'fieldValues', field: 'service', search: 'env:$env' }));
});
