# frozen_string_literal: true

RSpec.describe 'Cart' do
  it('is empty') { expect([]).to be_empty }
  it('holds "ü" & <more>') { expect([1]).to be_empty }
  it('breaks') { raise ArgumentError, 'bad cart' }
  it('is pending')
  xit('is skipped') { raise 'no' }
  it('is known to fail') { pending 'later'; raise 'known' }
  it('is thought to fail') { pending 'fixed now' }

  context 'with a hook' do
    before { raise 'no wheels' }

    it('rolls') { expect(1).to eq 1 }
  end

  2.times { |n| it('has twins') { expect(n).to eq 5 } }
end
