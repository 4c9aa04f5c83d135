"""More cases of make_links.py: links with losses, and rarer layers."""

from link_cases import IMAGE, case

SHORTER = [[3, 4], [3, 4], [2, 4], [1, 4]]
LABELS = [{"ints": y} for y in ([0, 3, 1], [2, 2, 0], [1, 3], [0])]
case("NegativeSampling(3, [5, 2, 1, 4], 2)", [4, 3], {"ints": [0, 3, -1, 1]}, fill=True)
case("NegativeSampling(3, [5, 2, 1, 4], 3, 1.0)", [4, 3], {"ints": [0, 3, 2, 1]}, fill=True)
case("BlackOut(3, [5, 2, 1, 4], 2)", [4, 3], {"ints": [0, 3, 2, 1]}, fill=True)
TREE = "((3, 1), (2, (0, 5)))"
case(f"BinaryHierarchicalSoftmax(3, {TREE})", [4, 3], {"ints": [0, 3, 5, 1]})
case(f"BinaryHierarchicalSoftmax(in_size=3, tree={TREE})", [3, 3], {"ints": [-1, 4, 2]}, fill=True)
case("CRF1d(4)", SHORTER, LABELS, fill=True)
case("CRF1d(4, initial_cost=0.5)", SHORTER[:2], LABELS[:2])
case("BatchRenormalization(3)", [6, 3, 2], steps=2)
case("BatchRenormalization(3, 2, 0.5, decay=0.5, eps=1e-3, use_beta=False)", [6, 3], steps=2)
case("BatchRenormalization(3, rmax=2, dmax=1, use_gamma=False, initial_beta=0.5)", [4, 3])
case("DecorrelatedBatchNormalization(4, 2)", [6, 4, 3], steps=2)
case("DecorrelatedBatchNormalization(4, groups=1, decay=0.5, eps=0.1)", [6, 4])
case("LocalConvolution2D(2, 3, (4, 5), 3)", [2, 2, 4, 5])
case("LocalConvolution2D(None, 3, ksize=(2, 3), nobias=True)", [2, 2, 4, 5])
case("LocalConvolution2D(2, 3, 4, 3, initialW=0.5, initial_bias=0.1)", [2, 2, 4, 4])
case("StatefulPeepholeLSTM(4, 3)", [5, 4], steps=3)
case("StatefulPeepholeLSTM(None, 3)", [5, 4])
case("StatefulZoneoutLSTM(4, 3)", [5, 4], steps=3)
case("StatefulZoneoutLSTM(4, 3, c_ratio=0.25, h_ratio=0.75)", [5, 4], steps=2)
case("StatelessMGU(4, 3)", [5, 3], [5, 4])
case("StatefulMGU(4, 3)", [5, 4], steps=3)
STATE = [5, 3]
case("ChildSumTreeLSTM(4, 3)", STATE, STATE, STATE, STATE, [5, 4])
case("ChildSumTreeLSTM(in_size=4, out_size=3)", [5, 4])
case("ChildSumTreeLSTM(2, out_size=3)", STATE, None, STATE, None, None)
case("NaryTreeLSTM(4, 3)", STATE, STATE, STATE, STATE, [5, 4])
case("NaryTreeLSTM(4, 3, 3)", STATE, None, STATE, STATE, None, STATE, [5, 4])
case("NaryTreeLSTM(2, out_size=3, n_ary=1)", STATE, STATE, None)
case("SimplifiedDropconnect(4, 3)", [5, 4])
case("SimplifiedDropconnect(None, 3, 0.25, nobias=True)", [5, 2, 2])
case("DeformableConvolution2D(2, 3, 3)", [2, 2, 4, 5], fill=True)
case(
    "DeformableConvolution2D(None, 3, (2, 3), 2, 1, deform_initialW=0.5, deform_nobias=True)", IMAGE
)
