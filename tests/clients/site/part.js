export const check = (data) => data.answer === 42;
