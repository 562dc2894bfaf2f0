-- Tables of construction approval as a platform's front-end library may have them (process, stage, item of a stage);
-- types and lengths are the platform's own. Here for the tests and for trying the transport `keyed_tables`.
CREATE TABLE spgl_dfxmsplcxxb (
    lsh varchar(50) PRIMARY KEY, xzqhdm varchar(6) NOT NULL, splcbm varchar(50) NOT NULL, splcmc varchar(200),
    splcbbh numeric(10, 1) NOT NULL, splcsxsj timestamp, splclx varchar(20), splcsm text, sjyxbs smallint NOT NULL,
    sjwxyy text, sbyy text, gxsj timestamp NOT NULL, sjsczt smallint NOT NULL
);
CREATE TABLE spgl_dfxmsplcjdxxb (
    lsh varchar(50) PRIMARY KEY, xzqhdm varchar(6) NOT NULL, splcbm varchar(50) NOT NULL,
    splcbbh numeric(10, 1) NOT NULL, spjdbm varchar(50), spjdmc varchar(100), spjdxh smallint NOT NULL,
    dybzspjdxh varchar(10), spjdsx integer, lcbsxlx varchar(20), sjyxbs smallint NOT NULL, sjwxyy text, sbyy text,
    gxsj timestamp NOT NULL, sjsczt smallint NOT NULL
);
CREATE TABLE spgl_dfxmsplcjdsxxxb (
    lsh varchar(50) PRIMARY KEY, xzqhdm varchar(6) NOT NULL, splcbm varchar(50) NOT NULL,
    splcbbh numeric(10, 1) NOT NULL, spjdxh smallint NOT NULL, spsxbm varchar(50) NOT NULL, spsxbbh integer NOT NULL,
    spsxmc varchar(200) NOT NULL, dybzspsxbm varchar(50), sfsxgzcnz smallint, bjlx smallint, sqdx varchar(100),
    bljgsdfs varchar(100), spsxblsx integer, spbmbm varchar(18), spbmmc varchar(200), qzspsxbm varchar(500),
    sflcbsx smallint, sjyxbs smallint NOT NULL, sjwxyy text, sbyy text, gxsj timestamp NOT NULL, sjsczt smallint NOT NULL,
    UNIQUE (xzqhdm, splcbm, splcbbh, spjdxh, spsxbm, spsxbbh)
);
