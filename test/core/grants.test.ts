import { grantsNaming, grantsPrivilege } from '../../lambda/core/grants';

const rows: readonly (readonly [row: string, gives: boolean])[] = [
  ["GRANT ALL PRIVILEGES ON *.* TO 'root'@'%'", true],
  ["GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' IDENTIFIED BY PASSWORD '*AB' WITH GRANT OPTION", true],
  ["GRANT SELECT, START PIPELINE ON `my``shop`.* TO 'rotator'@'%' REQUIRE SSL", true],
  ["GRANT START PIPELINE,SHOW PIPELINE ON *.* TO 'rotator'@'%'", true],
  ['grant start pipeline on `my``shop`.* to rotator', true],
  ["GRANT SELECT (`on`), START PIPELINE ON *.* TO 'rotator'@'%'", true],
  ["GRANT USAGE ON *.* TO 'rotator'@'%'", false],
  ["GRANT SHOW PIPELINE, ALTER PIPELINE ON `my``shop`.* TO 'rotator'@'%'", false],
  ["GRANT START PIPELINE ON `shop`.* TO 'rotator'@'%'", false],
  ["GRANT START PIPELINE ON `My``Shop`.* TO 'rotator'@'%'", false],
  ["GRANT START PIPELINE ON `*`.* TO 'rotator'@'%'", false],
  ["GRANT START PIPELINE ON `my``shop`.`t` TO 'rotator'@'%'", false],
  ["GRANT SELECT ON `x`.* TO 'START PIPELINE ON `my``shop`.*'@'%'", false],
  ["GRANT ROLE 'loaders' TO 'rotator'", false],
  ["GRANT SELECT, GRANT START PIPELINE ON *.* TO 'rotator'@'%'", false],
  ["GRANT SELECT `ON` START PIPELINE ON *.* TO 'rotator'@'%'", false],
  ["GRANT START PIPELINE ON *,* TO 'rotator'@'%'", false],
  ["GRANT START PIPELINE ON %.* TO 'rotator'@'%'", false],
  ['GRANT START PIPELINE ON', false],
  ['GRANT START PIPELINE ON *', false],
  ['GRANT START PIPELINE ON *.', false],
  ['ON *.*', false],
  ['START PIPELINE', false],
  ['START PIPELINE ON *.*', false],
  ['REVOKE SELECT, START PIPELINE ON *.* FROM rotator', false],
  ['', false],
];

test.each(rows)('%s', (row, gives) => {
  expect(grantsPrivilege(row, 'START PIPELINE', 'my`shop')).toBe(gives);
});

test.each<[string, boolean]>([
  ["GRANT SELECT, START PIPELINE ON `my``shop`.* TO 'rotator'@'%'", true],
  ["GRANT USAGE ON `my``shop`.* TO 'rotator'@'%'", true],
  ["GRANT ALL PRIVILEGES ON *.* TO 'root'@'%'", false],
  ["GRANT SELECT ON `shop`.* TO 'my`shop'@'%'", false],
  ["GRANT SELECT ON `my``shop`.`t` TO 'rotator'@'%'", false],
  ["GRANT ROLE 'my`shop' TO 'rotator'", false],
  ['`my``shop`.*', false],
  ['', false],
])('only a grant on that database, and on all of it, names it: %s', (row, names) => {
  expect(grantsNaming(row, 'my`shop')).toBe(names);
});
