// Look here if you want to know how a decimal number becomes the nearest f64.
//
// Rule: always the nearest, of two equally near ones the even one. AssemblyScript's own `parseFloat` is off in the last
// digit now and then.

/** As many digits decide between two neighbours; of more it only matters whether one is not 0. */
const MOST_DIGITS: i32 = 770;

/**
 * The f64 nearest to a number such as `12`, `1.5`, `.5`, `1.`, `-2e-7`; infinity for one that is too large. The caller
 * has checked that it is one.
 */
export function nearest(text: string): f64 {
  const isNegative = text.length > 0 && text.charCodeAt(0) == 45;
  const value = new Decimal(text, isNegative ? 1 : 0).value();
  return isNegative ? -value : value;
}

/** `digits` times ten to the `exponent`. */
class Decimal {
  digits: Array<u8> = [];
  exponent: i32 = 0;

  constructor(text: string, at: i32) {
    let isFraction = false;
    let isMore = false;
    for (; at < text.length; at++) {
      const c = text.charCodeAt(at);
      if (c == 46) {
        isFraction = true;
      } else if ((c | 32) == 101) {
        this.exponent += exponentOf(text, at + 1);
        break;
      } else if (this.digits.length < MOST_DIGITS) {
        if (this.digits.length > 0 || c != 48) this.digits.push(<u8>(c - 48));
        if (isFraction) this.exponent--;
      } else {
        if (c != 48) isMore = true;
        if (!isFraction) this.exponent++;
      }
    }
    if (isMore) {
      this.digits.push(1);
      this.exponent--;
    }
  }

  value(): f64 {
    const length = this.digits.length;
    if (length == 0 || length + this.exponent < -330) return 0;
    if (length + this.exponent > 310) return Infinity;
    // Both parts are exact, so one division or multiplication rounds once.
    if (length <= 15 && this.exponent >= -22 && this.exponent <= 22) return this.small();
    const top = new Big();
    for (let i = 0; i < length; i++) top.multiplyAdd(10, unchecked(this.digits[i]));
    const bottom = new Big();
    bottom.multiplyAdd(1, 1);
    const scaled = this.exponent < 0 ? bottom : top;
    for (let i = abs(this.exponent); i > 0; i--) scaled.multiplyAdd(10, 0);
    return quotient(top, bottom);
  }

  private small(): f64 {
    let whole: u64 = 0;
    for (let i = 0; i < this.digits.length; i++) whole = whole * 10 + unchecked(this.digits[i]);
    let power: f64 = 1;
    for (let i = abs(this.exponent); i > 0; i--) power *= 10;
    return this.exponent < 0 ? <f64>whole / power : <f64>whole * power;
  }
}

/** What stands behind an `e`, as far as it matters. */
function exponentOf(text: string, at: i32): i32 {
  let value = 0;
  const sign = text.charCodeAt(at);
  for (let i = sign == 45 || sign == 43 ? at + 1 : at; i < text.length; i++) {
    if (value < 1000000) value = value * 10 + text.charCodeAt(i) - 48;
  }
  return sign == 45 ? -value : value;
}

/** The f64 nearest to a fraction of positive whole numbers. Both are used up. */
function quotient(top: Big, bottom: Big): f64 {
  // Bits of the quotient that are left out; the least f64 is 2 to the -1074.
  let dropped = max(top.bits() - bottom.bits() - 53, -1074);
  if (dropped < 0) top.shift(-dropped);
  else bottom.shift(dropped);
  bottom.shift(54);
  let found: u64 = 0;
  for (let i = 0; i <= 54; i++) {
    if (i > 0) top.shift(1);
    found <<= 1;
    if (top.compare(bottom) >= 0) {
      top.subtract(bottom);
      found |= 1;
    }
  }
  if (found >> 53) {
    const isHalf = (found & 1) != 0;
    found >>= 1;
    dropped++;
    if (isHalf && (top.bits() > 0 || (found & 1) != 0)) found++;
  } else {
    top.shift(1);
    const order = top.compare(bottom);
    if (order > 0 || (order == 0 && (found & 1) != 0)) found++;
  }
  if (found >> 53) {
    found >>= 1;
    dropped++;
  }
  if (found >> 52 == 0) return reinterpret<f64>(found);
  if (dropped + 1075 >= 2047) return Infinity;
  return reinterpret<f64>(((<u64>(dropped + 1075)) << 52) | (found & 0xfffffffffffff));
}

/** A whole number of any size, its parts of 32 bits from the least. */
class Big {
  parts: Array<u32> = [];

  multiplyAdd(factor: u32, more: u32): void {
    let carry: u64 = more;
    for (let i = 0; i < this.parts.length; i++) {
      carry += <u64>unchecked(this.parts[i]) * factor;
      unchecked((this.parts[i] = <u32>carry));
      carry >>= 32;
    }
    if (carry) this.parts.push(<u32>carry);
  }

  shift(bits: i32): void {
    if (bits & 31) this.multiplyAdd(1 << (bits & 31), 0);
    for (let i = bits >> 5; i > 0; i--) this.parts.unshift(0);
  }

  bits(): i32 {
    for (let i = this.parts.length - 1; i >= 0; i--) {
      const part = unchecked(this.parts[i]);
      if (part) return (i << 5) + 32 - clz(part);
    }
    return 0;
  }

  compare(other: Big): i32 {
    for (let i = max(this.parts.length, other.parts.length) - 1; i >= 0; i--) {
      const mine = this.part(i), others = other.part(i);
      if (mine != others) return mine > others ? 1 : -1;
    }
    return 0;
  }

  /** Less another, which is not larger. */
  subtract(other: Big): void {
    let borrow: i64 = 0;
    for (let i = 0; i < this.parts.length; i++) {
      borrow += <i64>unchecked(this.parts[i]) - other.part(i);
      unchecked((this.parts[i] = <u32>borrow));
      borrow >>= 32;
    }
  }

  private part(i: i32): u32 {
    return i < this.parts.length ? unchecked(this.parts[i]) : 0;
  }
}
