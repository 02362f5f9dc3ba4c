"""Numbers of values, from the pages of Parquet files: what need not be made into columns of rows first?"""
