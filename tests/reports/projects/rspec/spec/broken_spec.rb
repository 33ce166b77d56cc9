RSpec.describe NoSuchConstant do
  it('is never loaded') {}
end
